"""What both halves of storywatch know: types, errors, clock, addresses, text, stories, and the store."""
