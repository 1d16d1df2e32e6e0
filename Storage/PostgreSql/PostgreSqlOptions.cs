namespace Starling.Storage.PostgreSql;

/// <summary>Which database keeps what must outlive the process, and what it may cost.</summary>
public sealed record PostgreSqlOptions
{
    /// <summary>As Npgsql takes it; <see cref="ConnectionText.ProblemWith"/> says whether it can be used. It may hold a password.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>Whether the process is a node of a cluster, whose nodes share the database. A standalone broker has one for itself.</summary>
    public bool IsShared { get; init; }

    /// <summary>Connections that read; those that write, listen or hold locks come on top.</summary>
    public int MaximumConnections { get; init; } = 8;

    /// <summary>How long a start waits for a server that does not answer, or is starting itself.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What may wait to be written, in bytes.</summary>
    public int QueueBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>
    /// Whether the start brings the schema up to date. Otherwise it only looks whether it is, and waits for somebody else to do it,
    /// <see cref="StartTimeout"/> at most.
    /// </summary>
    public bool Migrate { get; init; } = true;

    /// <summary>What the process does there; the start looks whether its role may.</summary>
    public DatabaseAccess Access { get; init; }

    /// <summary>Without the connection string, so that no log ever holds its password.</summary>
    public override string ToString() =>
        $"{nameof(PostgreSqlOptions)} {{ {MaximumConnections} connections, start timeout {StartTimeout}, queue of {QueueBytes} bytes }}";
}
