"""The ground floor: errors, events, files, paths, the store and facts about this machine."""
