-- depends_on: {{ ref('stg_sagemaker_tuning__training_job_summaries') }}
{# Rows have their tuning job's ARN unless that column was deselected. #}
{% set says_tuning_job = 'tuning_job_arn' in column_names(
    load_relation(source('sagemaker_tuning', 'training_job_metrics'))
) %}
{# Detects rows that were loaded again by their time of arrival, if the target stores it,
because hashing all points in each build would be slow. #}
{% set received_at = received_at('training_job_metrics') %}
with metrics as (
    {{ rows_of('training_job_metrics', {
        'tuning_job_arn': 'text',
        'training_job_arn': 'text',
        'metric_name': 'text',
        'host': 'text',
        'period_in_seconds': 'number',
        'points': 'json',
    }, more={'received_at': received_at}) }}
)

select
    {{ 'metrics' if says_tuning_job else 'summaries' }}.tuning_job_arn,
    metrics.training_job_arn,
    metrics.metric_name,
    -- Hosts are algo-1, algo-2 and so on. Anything else marks a metric of the algorithm.
    case when metrics.host like 'algo-%' then metrics.host else '' end as host,
    cast(metrics.period_in_seconds as bigint) as period_seconds,
    metrics.points,
    {{ hashed(['points']) if 'null' in received_at else 'received_at' }} as version
from metrics
{%- if not says_tuning_job %}
left join {{ ref('stg_sagemaker_tuning__training_job_summaries') }} as summaries
    on metrics.training_job_arn = summaries.training_job_arn
{%- endif %}
