"""The types of values that field definitions name: text, numbers, dates, choices, references."""
