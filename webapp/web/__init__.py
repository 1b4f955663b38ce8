"""What every page shares: forms, answers, request context, error pages."""
