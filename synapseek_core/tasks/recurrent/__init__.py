"""Tasks on a recurrent spiking network."""
