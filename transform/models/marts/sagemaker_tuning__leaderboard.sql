{{ config(materialized=view_or_table()) }}

select *
from {{ changed_rows(ref('sagemaker_tuning__trials')) }} as trials
where place is not null
