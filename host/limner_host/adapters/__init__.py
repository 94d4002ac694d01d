"""What changes a model without being one: LoRA and LyCORIS files, and textual inversions."""
