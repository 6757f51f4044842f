-- The tables of all streams, with the columns that the models read: $trials trials, fifty
-- of each tuning job, which has five ranges and, but for each tenth, a parent. Two trials
-- of each have metrics over time. $object, $array and $objects make JSON, $numbers counts up from 0.
create schema tap_sagemaker_tuning;

create table numbers as
select
    i,
    i % 50 as of_job,
    '111122223333' as account_id,
    'us-east-1' as region,
    'job-' || cast((i - i % 50) / 50 as bigint) as tuning_job_name,
    timestamp '2026-01-01 00:00:00'
    + interval '1 minute' * cast((i - i % 50) / 50 as bigint) as born
from $numbers;

create table keys as
select
    *,
    'arn:aws:sagemaker:us-east-1:111122223333:hyper-parameter-tuning-job/'
    || tuning_job_name as tuning_job_arn,
    tuning_job_name || '-' || i as training_job_name,
    'arn:aws:sagemaker:us-east-1:111122223333:training-job/'
    || tuning_job_name || '-' || i as training_job_arn
from numbers;

create table tap_sagemaker_tuning.scopes as
select
    '111122223333' as account_id,
    'us-east-1' as region,
    'complete' as status,
    timestamp '2026-03-01 00:00:00' as complete_as_of,
    timestamp '2026-03-01 00:01:00' as started_at,
    timestamp '2026-03-01 00:10:00' as ended_at,
    0 as tuning_jobs_open;

create table tap_sagemaker_tuning.training_instance_prices as
select
    'us-east-1' as region,
    'ml.m5.xlarge' as instance_type,
    'USD' as currency,
    0.23 as price_per_hour,
    timestamp '2026-01-01 00:00:00' as effective_date,
    4 as vcpu,
    cast(null as integer) as gpu,
    '16 GiB' as memory;

create table tap_sagemaker_tuning.tuning_jobs as
select
    account_id,
    region,
    tuning_job_name,
    tuning_job_arn,
    'Completed' as tuning_job_status,
    'Bayesian' as strategy,
    born as creation_time,
    born + interval '5 hours' as tuning_end_time,
    born + interval '5 hours' as last_modified_time,
    $object('max_parallel_training_jobs', 5) as resource_limits,
    $object(
        'completed', 40, 'in_progress', 0, 'retryable_error', 0,
        'non_retryable_error', 5, 'stopped', 5
    ) as training_job_status_counters
from keys
where of_job = 0;

create table tap_sagemaker_tuning.tuning_job_details as
select
    account_id,
    region,
    tuning_job_name,
    tuning_job_arn,
    born as creation_time,
    $object('type', 'Maximize', 'metric_name', 'validation:auc') as objective,
    'Auto' as training_job_early_stopping_type,
    $objects $object(
        'definition_name', null,
        'objective', $object('type', 'Maximize', 'metric_name', 'validation:auc'),
        'parameter_ranges', $object(
            'continuous_parameter_ranges', $array(
                $object(
                    'name', 'learning-rate', 'min_value', '0.0001', 'max_value', '1.0',
                    'scaling_type', 'Logarithmic'
                ),
                $object(
                    'name', 'dropout', 'min_value', '0.0', 'max_value', '1.0',
                    'scaling_type', 'Linear'
                )
            ),
            'integer_parameter_ranges', $array($object(
                'name', 'max_depth', 'min_value', '0', 'max_value', '10',
                'scaling_type', 'Auto'
            )),
            'categorical_parameter_ranges', $array(
                $object(
                    'name', 'batch-size', 'values', $array('"0"', '"64"', '"128"', '"192"')
                ),
                $object('name', 'order', 'values', $array('"depth"', '"loss"'))
            )
        )
    )] as training_job_definitions,
    case
        when i % 500 > 0
            then $object(
                'warm_start_type', 'TransferLearning',
                'parent_hyper_parameter_tuning_jobs', $array($object(
                    'hyper_parameter_tuning_job_name', 'job-' || cast((i - i % 50) / 50 - 1 as bigint)
                ))
            )
    end as warm_start_config,
    $object(
        'target_objective_metric_value', null, 'max_training_jobs_not_improving', null,
        'complete_on_convergence', null
    ) as tuning_job_completion_criteria,
    $object('training_jobs_not_improving', 3, 'convergence_detected_time', null)
        as tuning_job_completion_details
from keys
where of_job = 0;

create table tap_sagemaker_tuning.training_job_summaries as
select
    account_id,
    region,
    tuning_job_name,
    tuning_job_arn,
    training_job_name,
    training_job_arn,
    cast(null as varchar) as training_job_definition_name,
    case i % 10
        when 0 then 'Failed' when 1 then 'Stopped' else 'Completed'
    end as training_job_status,
    'Succeeded' as objective_status,
    $object(
        'learning-rate', cast(random() as varchar),
        'dropout', cast(random() as varchar),
        'max_depth', cast(i % 11 as varchar),
        'batch-size', '"' || 64 * (i % 4) || '"',
        'order', case i % 2 when 0 then '"depth"' else '"loss"' end
    ) as tuned_hyper_parameters,
    case
        when i % 10 > 0
            then $object(
                'type', null, 'metric_name', 'validation:auc', 'value', random(),
                'non_finite', null
            )
    end as final_hyper_parameter_tuning_job_objective_metric,
    case i % 10
        when 0 then 'AlgorithmError: ExecuteUserScriptError:' || chr(10)
            || 'ExitCode 1' || chr(10)
            || 'ErrorMessage "ValueError: bad value ' || i % 7 || '"' || chr(10)
            || 'Command "python3 train.py"'
    end as failure_reason,
    born + interval '2 minutes' as creation_time,
    born + interval '3 minutes' as training_start_time,
    born + interval '9 minutes' + interval '1 second' * (i % 300) as training_end_time
from keys;

create table tap_sagemaker_tuning.training_job_details as
select
    account_id,
    region,
    tuning_job_arn,
    training_job_arn,
    case i % 10 when 0 then 'Failed' when 1 then 'Stopped' else 'Completed' end
        as secondary_status,
    $object(
        'instance_type', 'ml.m5.xlarge', 'instance_count', 1, 'instance_groups', null
    ) as resource_config,
    360 + i % 300 as training_time_in_seconds,
    180 + i % 300 as billable_time_in_seconds,
    true as enable_managed_spot_training,
    $object('resource_retained_billable_time_in_seconds', null) as warm_pool_status,
    $object('s3_model_artifacts', 's3://models/' || training_job_name || '/model.tar.gz')
        as model_artifacts,
    $array($object('key', 'team', 'value', 'team-' || i % 3)) as tags
from keys;

create table tap_sagemaker_tuning.training_job_metrics as
select
    account_id,
    region,
    tuning_job_name,
    tuning_job_arn,
    training_job_name,
    training_job_arn,
    born + interval '2 minutes' as creation_time,
    metric_name,
    host,
    'Average' as statistic,
    60 as period_in_seconds,
    $array(
        $object(
            'timestamp', replace(cast(born + interval '3 minutes' as varchar), ' ', 'T') || '.000Z',
            'value', factor * random()
        ),
        $object(
            'timestamp', replace(cast(born + interval '4 minutes' as varchar), ' ', 'T') || '.000Z',
            'value', null
        ),
        $object(
            'timestamp', replace(cast(born + interval '5 minutes' as varchar), ' ', 'T') || '.000Z',
            'value', factor * random()
        )
    ) as points
from keys
cross join (
    values
        ('validation:auc', 'algorithm', 1), ('CPUUtilization', 'algo-1', 400),
        ('MemoryUtilization', 'algo-1', 100)
) as series (metric_name, host, factor)
where of_job < 2;

drop table keys;

drop table numbers;
