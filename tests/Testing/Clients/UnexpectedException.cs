namespace Starling.Testing;

/// <summary>A server did not do what a test expects of it; the message says what was expected and what came.</summary>
public sealed class UnexpectedException(string message, Exception? cause = null) : Exception(message, cause);
