"""The definition of the tap for Meltano: what Meltano Hub would hold."""
