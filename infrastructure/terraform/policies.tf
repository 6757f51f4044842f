# What each stream, and each switch, needs.
# Made by `python -m infrastructure.generate`: change the table of operations instead.

locals {
  # statements: generated
  statements = {
    tuning_jobs = [
      {
        Effect   = "Allow"
        Action   = ["sagemaker:ListHyperParameterTuningJobs"]
        Resource = "*"
      },
      {
        Effect   = "Allow"
        Action   = ["sagemaker:DescribeHyperParameterTuningJob"]
        Resource = "arn:${data.aws_partition.current.partition}:sagemaker:*:${data.aws_caller_identity.current.account_id}:hyper-parameter-tuning-job/*"
      },
    ]
    training_job_summaries = [
      {
        Effect   = "Allow"
        Action   = ["sagemaker:ListHyperParameterTuningJobs"]
        Resource = "*"
      },
      {
        Effect   = "Allow"
        Action   = ["sagemaker:DescribeHyperParameterTuningJob", "sagemaker:ListTrainingJobsForHyperParameterTuningJob"]
        Resource = "arn:${data.aws_partition.current.partition}:sagemaker:*:${data.aws_caller_identity.current.account_id}:hyper-parameter-tuning-job/*"
      },
    ]
    tuning_job_details = [
      {
        Effect   = "Allow"
        Action   = ["sagemaker:ListHyperParameterTuningJobs"]
        Resource = "*"
      },
      {
        Effect   = "Allow"
        Action   = ["sagemaker:DescribeHyperParameterTuningJob"]
        Resource = "arn:${data.aws_partition.current.partition}:sagemaker:*:${data.aws_caller_identity.current.account_id}:hyper-parameter-tuning-job/*"
      },
    ]
    training_job_details = [
      {
        Effect   = "Allow"
        Action   = ["sagemaker:ListHyperParameterTuningJobs", "sagemaker:Search"]
        Resource = "*"
      },
      {
        Effect   = "Allow"
        Action   = ["sagemaker:DescribeHyperParameterTuningJob", "sagemaker:ListTrainingJobsForHyperParameterTuningJob"]
        Resource = "arn:${data.aws_partition.current.partition}:sagemaker:*:${data.aws_caller_identity.current.account_id}:hyper-parameter-tuning-job/*"
      },
      {
        Effect   = "Allow"
        Action   = ["sagemaker:DescribeTrainingJob"]
        Resource = "arn:${data.aws_partition.current.partition}:sagemaker:*:${data.aws_caller_identity.current.account_id}:training-job/*"
      },
    ]
    training_job_metrics = [
      {
        Effect   = "Allow"
        Action   = ["sagemaker:ListHyperParameterTuningJobs", "cloudwatch:GetMetricData"]
        Resource = "*"
      },
      {
        Effect   = "Allow"
        Action   = ["sagemaker:DescribeHyperParameterTuningJob", "sagemaker:ListTrainingJobsForHyperParameterTuningJob"]
        Resource = "arn:${data.aws_partition.current.partition}:sagemaker:*:${data.aws_caller_identity.current.account_id}:hyper-parameter-tuning-job/*"
      },
    ]
    training_instance_prices = [
      {
        Effect   = "Allow"
        Action   = ["pricing:GetProducts"]
        Resource = "*"
      },
    ]
    list_regions = [
      {
        Effect   = "Allow"
        Action   = ["account:ListRegions"]
        Resource = "*"
      },
    ]
    list_accounts = [
      {
        Effect   = "Allow"
        Action   = ["organizations:ListAccounts", "organizations:ListAccountsForParent", "organizations:ListOrganizationalUnitsForParent"]
        Resource = "*"
      },
    ]
  }
  # end
}
