package lease

// Opening is the act that opens a lease.
var Opening = opening
