"""What is kept in the database: jobs, their order, pictures, drafts, and what each person has had."""
