"""Reading the knowledge base: questions, answers as they may be given, search."""
