namespace Starling.Storage.PostgreSql;

/// <summary>The database cannot be used. The message is one line for the operator: which server, database and user, and why; never a password.</summary>
public sealed class DatabaseException(string message, Exception? inner = null) : Exception(message, inner);
