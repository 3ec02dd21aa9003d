"""What is true: the dictionary (indicators, rules, layouts, tables, places) and the forms that are derived from it.

May import: nothing of ours.
Must not: touch a month's files or the store, import dagster or great_expectations, repeat in code what YAML says.
"""
