select *
from {{ ref('sagemaker_tuning__trials') }}
where place is not null
    and {{ is_changed() }}
