"""What a change of a policy discloses more and less."""
