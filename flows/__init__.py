"""What is said when: conversations as tables, and how what people type is understood."""
