output "role_arn" {
  description = "The role_arn of an entry in assume_roles."
  value       = aws_iam_role.reader.arn
}
