-- CloudWatch's metric for the utilization of each part of a machine, and its value at full
-- use (fact 82). CPU and GPU values are sums over cores and devices.
{%- set parts = {
    'cpu': ('CPUUtilization', '100 * nullif(machines.vcpu, 0)'),
    'gpu': ('GPUUtilization', '100 * nullif(machines.gpu, 0)'),
    'memory': ('MemoryUtilization', '100'),
    'gpu_memory': ('GPUMemoryUtilization', '100 * nullif(machines.gpu, 0)'),
} %}

with trials as (
    select *
    from {{ changed_rows(ref('sagemaker_tuning__trials')) }} as trials
    where not is_of_deleted_namesake
),

machines as (
    select * from {{ ref('stg_sagemaker_tuning__instance_types') }}
),

series as (
    select
        training_job_arn,
        metric_name,
        coalesce(period_seconds, 60) as period_seconds,
        points
    from {{ ref('stg_sagemaker_tuning__training_job_metrics') }}
    where host <> ''
        and metric_name in (
            {%- for metric, full in parts.values() %}'{{ metric }}'{{ ', ' if not loop.last }}{% endfor -%}
        )
        and {{ is_changed() }}
),

points as (
    select
        series.training_job_arn,
        series.metric_name,
        series.period_seconds,
        {{ as_double(json_text('point.value', 'value')) }} as value
    from series
    {{ join_items('series.points', 'point') }}
),

shares as (
    select
        points.training_job_arn,
        points.metric_name,
        points.period_seconds,
        {{ at_most_one(
            'points.value / case points.metric_name'
            ~ " when '" ~ parts['cpu'][0] ~ "' then " ~ parts['cpu'][1]
            ~ " when '" ~ parts['memory'][0] ~ "' then " ~ parts['memory'][1]
            ~ ' else ' ~ parts['gpu'][1] ~ ' end'
        ) }} as share
    from points
    inner join trials
        on points.training_job_arn = trials.training_job_arn
    left join machines
        on trials.region = machines.region
            and trials.instance_type = machines.instance_type
    where points.value is not null
),

-- Weigh each point by the seconds that it covers.
measured as (
    select
        training_job_arn,
        {%- for part, (metric, full) in parts.items() %}
        count(case when metric_name = '{{ metric }}' then 1 end) as {{ part }}_points,
        sum(case when metric_name = '{{ metric }}' then share * period_seconds end)
            as {{ part }}_used,
        sum(case when metric_name = '{{ metric }}' and share is not null then period_seconds end)
            as {{ part }}_seconds,
        max(case when metric_name = '{{ metric }}' then share end) as highest_{{ part }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from shares
    group by training_job_arn
),

-- A trial's machines have a known utilization if that of the CPUs and any GPUs is known.
judged as (
    select
        trials.account_id,
        trials.region,
        trials.tuning_job_name,
        trials.tuning_job_arn,
        trials.instance_type,
        trials.cost,
        trials.currency,
        machines.vcpu,
        machines.gpu,
        machines.memory,
        measured.*,
        case
            when measured.cpu_seconds is not null and measured.gpu_seconds is not null
                then {{ at_most_one(
                    'greatest(measured.cpu_used / measured.cpu_seconds, '
                    ~ 'measured.gpu_used / measured.gpu_seconds)'
                ) }}
            when measured.gpu_points = 0 and coalesce(machines.gpu, 0) = 0
                then {{ at_most_one('measured.cpu_used / measured.cpu_seconds') }}
        end as busy
    from trials
    left join measured
        on trials.training_job_arn = measured.training_job_arn
    left join machines
        on trials.region = machines.region
            and trials.instance_type = machines.instance_type
)

select
    account_id,
    region,
    tuning_job_name,
    tuning_job_arn,
    instance_type,
    max(vcpu) as vcpu,
    max(gpu) as gpu,
    max(memory) as memory,
    count(*) as trials,
    count(training_job_arn) as trials_with_metrics,
    {%- for part in parts %}
    {{ at_most_one('sum(' ~ part ~ '_used) / sum(' ~ part ~ '_seconds)') }} as average_{{ part }},
    {%- endfor %}
    {%- for part in parts %}
    max(highest_{{ part }}) as highest_{{ part }},
    {%- endfor %}
    count(cost) as trials_with_cost,
    sum(cost) as cost,
    count(cost * busy) as trials_with_idle_cost,
    sum(case when busy is not null then cost end) as measured_cost,
    sum(cost * (1 - busy)) as idle_cost,
    max(currency) as currency
from judged
group by account_id, region, tuning_job_name, tuning_job_arn, instance_type
