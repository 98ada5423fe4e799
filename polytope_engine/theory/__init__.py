"""What is known of numbers of regions without looking for them: bounds and formulas, by paper."""
