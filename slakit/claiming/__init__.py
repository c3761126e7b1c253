"""What leaves the house to be paid: letters, calendars of deadlines, and dossiers that can be checked."""
