"""The schema speaks: types, inputs, enums, result unions and their descriptions. No queries."""
