using System.Data.Common;
using Npgsql;

namespace Starling.Storage.PostgreSql;

/// <summary>The connection string: what is wrong with it, said without its password, and what the broker adds to it.</summary>
public static class ConnectionText
{
    private const string Expected = "expected a text such as Host=db.example.com;Database=starling;Username=starling;Password=...";

    /// <summary>Null when it can be used.</summary>
    public static string? ProblemWith(string connectionString)
    {
        if (connectionString.AsSpan().TrimStart().StartsWith("postgres", StringComparison.OrdinalIgnoreCase) && connectionString.Contains("://", StringComparison.Ordinal))
            return "is a URI; " + Expected;
        DbConnectionStringBuilder parts;
        try
        {
            parts = new DbConnectionStringBuilder { ConnectionString = connectionString };
        }
        catch (ArgumentException)
        {
            // Npgsql's message may hold a piece of the text.
            return $"is not a list of NAME=VALUE; {Expected} (a value with ; or quotes in it stands in quotes)";
        }
        return FirstProblem(parts);
    }

    /// <summary>With the broker's own defaults below what the text says, and on top of it what the broker depends on.</summary>
    internal static NpgsqlConnectionStringBuilder Complete(PostgreSqlOptions options)
    {
        if (ProblemWith(options.ConnectionString) is { } problem)
            throw new DatabaseException("the connection string " + problem);
        // A server that is gone is noticed within about ten seconds: by the keep-alive, or by the answer that does not come.
        var text = new NpgsqlConnectionStringBuilder
        {
            Timeout = 10,
            CommandTimeout = 10,
            TcpKeepAliveTime = 3,
            TcpKeepAliveInterval = 1,
            MaxAutoPrepare = 64,
            AutoPrepareMinUsages = 2,
        };
        var parts = new DbConnectionStringBuilder { ConnectionString = options.ConnectionString };
        foreach (string name in parts.Keys)
            text[name] = parts[name];
        text.ApplicationName = "starling";
        text.SearchPath = Migrator.Schema;
        text.Pooling = true;
        text.MinPoolSize = 0;
        text.MaxPoolSize = options.MaximumConnections;
        text.Enlist = false;
        // A Unix socket has no keep-alive, and refuses the setting.
        text.TcpKeepAlive = !IsUnixSocket(text);
        if (!text.TcpKeepAlive)
            (text.TcpKeepAliveTime, text.TcpKeepAliveInterval) = (0, 0);
        return text;
    }

    /// <summary>Whether the host is a folder with the server's socket in it, or an abstract socket.</summary>
    internal static bool IsUnixSocket(NpgsqlConnectionStringBuilder text) => text.Host is ['/' or '@', ..];

    private static string? FirstProblem(DbConnectionStringBuilder parts)
    {
        var text = new NpgsqlConnectionStringBuilder();
        var number = 0;
        var afterPassword = false;
        foreach (string name in parts.Keys)
        {
            number++;
            if (!text.ContainsKey(name))
            {
                // What follows a password may be the rest of it.
                var which = afterPassword ? $"part {number}" : $"'{name}'";
                return $"has no setting called {which}; see Npgsql's connection string parameters (a value with ; in it stands in quotes)";
            }
            try
            {
                text[name] = parts[name];
            }
            catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or OverflowException)
            {
                return $"has a value for '{name}' that cannot be";
            }
            afterPassword |= text.Password is not null;
        }
        if (string.IsNullOrWhiteSpace(text.Host))
            return "names no Host; " + Expected;
        if (text.Host.Contains(','))
            return "names several hosts; expected one, such as the address that follows the primary";
        if (string.IsNullOrWhiteSpace(text.Database))
            return "names no Database; " + Expected;
        if (string.IsNullOrWhiteSpace(text.Username))
            return "names no Username; " + Expected;
        return text.SearchPath is null or Migrator.Schema ? null : $"sets 'Search Path'; the broker's tables are in the schema {Migrator.Schema}";
    }
}
