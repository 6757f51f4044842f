select *
from {{ changed_rows(ref('sagemaker_tuning__trials')) }} as trials
where place is not null
