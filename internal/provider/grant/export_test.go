package grant

// ByExceptionMax is for the tests.
var ByExceptionMax = byExceptionMax
