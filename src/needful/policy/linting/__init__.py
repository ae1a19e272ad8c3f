"""What a policy may say and a reviewer should see: one module a subject, one function a rule id."""
