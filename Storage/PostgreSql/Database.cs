using System.Collections.Concurrent;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Starling.Storage.PostgreSql;

/// <summary>The PostgreSQL database of this process: its connections, and the schema <c>starling</c>, in which all of them look for names.</summary>
public sealed partial class Database : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly NpgsqlConnectionStringBuilder _text;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger<Database> _logger;
    private readonly TimeProvider _time;

    /// <summary>Those of connections outside of the pool, by purpose.</summary>
    private readonly ConcurrentDictionary<string, NpgsqlDataSource> _single = new(StringComparer.Ordinal);

    /// <exception cref="DatabaseException">The connection string cannot be used.</exception>
    public Database(PostgreSqlOptions options, ILoggerFactory loggers, TimeProvider time)
    {
        Options = options;
        _text = ConnectionText.Complete(options);
        _loggers = loggers;
        _logger = loggers.CreateLogger<Database>();
        _time = time;
        Place = $"PostgreSQL at {_text.Host}:{_text.Port}, database \"{_text.Database}\", user \"{_text.Username}\"";
        Source = Build(_text.ConnectionString, "starling");
    }

    public PostgreSqlOptions Options { get; }

    /// <summary>Pooled connections, <see cref="PostgreSqlOptions.MaximumConnections"/> at most; statements that are used twice are prepared.</summary>
    public NpgsqlDataSource Source { get; }

    /// <summary>Server, database and user, for messages.</summary>
    public string Place { get; }

    /// <summary>Whether <see cref="OpenAsync"/> has succeeded: before, nobody but it asks for the server, or says what is wrong with it.</summary>
    internal bool IsOpen { get => Volatile.Read(ref field); private set => Volatile.Write(ref field, value); }

    /// <summary>Waits for the server and brings the schema up to date, or waits until somebody has (<see cref="PostgreSqlOptions.Migrate"/>).</summary>
    /// <exception cref="DatabaseException">It cannot be used, or did not answer within <see cref="PostgreSqlOptions.StartTimeout"/>.</exception>
    public async Task OpenAsync(CancellationToken cancellation = default)
    {
        await using var connection = await WaitForServerAsync(cancellation);
        try
        {
            await CheckServerAsync(connection, cancellation);
            var migrator = new Migrator(connection, Migration.All(), _loggers.CreateLogger<Migrator>(), Options.Access);
            if (Options.Migrate)
                await migrator.RunAsync(cancellation);
            else
                await WaitForSchemaAsync(migrator, cancellation);
        }
        catch (NpgsqlException e)
        {
            throw Failure(e);
        }
        IsOpen = true;
        LogOpened(Place);
    }

    /// <summary>
    /// Opens a connection outside of the pool, for one that writes, listens or holds a lock as long as it lives. While nothing goes over it
    /// (<see cref="NpgsqlConnection.WaitAsync(CancellationToken)"/>) it asks every few seconds whether the server is still there.
    /// </summary>
    /// <param name="purpose">One word or more for <c>pg_stat_activity</c>, after <c>starling</c>.</param>
    /// <exception cref="NpgsqlException">The server refuses it.</exception>
    public async Task<NpgsqlConnection> ConnectAsync(string purpose, CancellationToken cancellation = default)
    {
        var connection = _single.GetOrAdd(purpose, Single).CreateConnection();
        try
        {
            await connection.OpenAsync(cancellation);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Connections that read are opened anew: the server may have been replaced, and the old one may still answer those who don't know it.
    /// </summary>
    internal void Reconnect() => Source.Clear();

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        foreach (var source in _single.Values)
            await source.DisposeAsync();
    }

    /// <summary>One line for the operator: where, and what PostgreSQL or the network said.</summary>
    public DatabaseException Failure(Exception e) => new($"{Place}: {Reason(e)}", e);

    internal static string Reason(Exception e) => e switch
    {
        PostgresException said => $"{said.MessageText} ({said.SqlState})",
        OperationCanceledException or TimeoutException => "no answer",
        NpgsqlException { InnerException: { } inner } => Reason(inner),
        _ => e.Message.ReplaceLineEndings(" "),
    };

    /// <summary>Whether waiting can help: the server is not there, is starting or stopping, or is short of something.</summary>
    internal static bool MayPass(Exception error) => error switch
    {
        PostgresException said => said.SqlState.AsSpan(0, 2) is "08" or "40" or "53" or "55" or "57" or "58",
        NpgsqlException or TimeoutException or IOException => true,
        _ => false,
    };

    /// <summary>Metrics have the name, which is the first word only: the rest may be different in each process.</summary>
    private NpgsqlDataSource Single(string purpose)
    {
        var text = new NpgsqlConnectionStringBuilder(_text.ConnectionString) { Pooling = false, KeepAlive = 5, ApplicationName = "starling " + purpose };
        return Build(text.ConnectionString, "starling " + purpose.Split(' ')[0]);
    }

    private async Task WaitForSchemaAsync(Migrator migrator, CancellationToken cancellation)
    {
        var started = _time.GetTimestamp();
        for (var told = false; await migrator.CheckAsync(cancellation) is { } problem; told = true)
        {
            // Somebody at a terminal is told at once.
            var waits = Options.Access is DatabaseAccess.Silo or DatabaseAccess.Edge;
            if (!waits || _time.GetElapsedTime(started) + Pause >= Options.StartTimeout)
                throw new DatabaseException($"{Place}: {problem}");
            if (!told)
                LogWaitingForSchema(Place, Options.StartTimeout.TotalSeconds, problem);
            await Task.Delay(Pause, _time, cancellation);
        }
    }

    private async Task CheckServerAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var problem = await ServerCheck.EncodingProblemAsync(connection, cancellation)
            ?? await ServerCheck.ReadOnlyProblemAsync(connection, cancellation)
            ?? await ServerCheck.PoolerProblemAsync(connection, () => ConnectAsync("start", cancellation), cancellation);
        if (problem is not null)
            throw new DatabaseException($"{Place}: {problem}");
    }

    /// <summary>Every connection is to a server that writes: what a standby has not heard of yet would be taken for gone.</summary>
    private static NpgsqlDataSource Build(string connectionString, string name) =>
        new NpgsqlDataSourceBuilder(connectionString) { Name = name }
            .UsePhysicalConnectionInitializer(ServerCheck.RefuseStandby, ServerCheck.RefuseStandbyAsync)
            .Build();

    private async Task<NpgsqlConnection> WaitForServerAsync(CancellationToken cancellation)
    {
        var started = _time.GetTimestamp();
        var told = false;
        while (true)
        {
            try
            {
                return await ConnectInTimeAsync(Options.StartTimeout - _time.GetElapsedTime(started), cancellation);
            }
            catch (Exception e) when (!cancellation.IsCancellationRequested)
            {
                if (!MayCome(e))
                    throw Failure(e);
                if (_time.GetElapsedTime(started) + Pause >= Options.StartTimeout)
                    throw new DatabaseException($"{Place}: {Reason(e)}; waited {Options.StartTimeout.TotalSeconds:0.#} s for it", e);
                if (!told)
                    LogWaiting(Place, Options.StartTimeout.TotalSeconds, Reason(e));
                told = true;
            }
            await Task.Delay(Pause, _time, cancellation);
        }
    }

    private async Task<NpgsqlConnection> ConnectInTimeAsync(TimeSpan left, CancellationToken cancellation)
    {
        // Even with no time to wait, a server that is there has a moment to answer.
        using var patience = new CancellationTokenSource(left > TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1), _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        return await ConnectAsync("start", either.Token);
    }

    /// <summary>Whether waiting can help: the server is not there, is starting or stopping, or has no connection to spare.</summary>
    private static bool MayCome(Exception? e) => e switch
    {
        PostgresException said => said.SqlState is PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.TooManyConnections
            or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown,
        SocketException or IOException or TimeoutException or OperationCanceledException => true,
        NpgsqlException => MayCome(e.InnerException),
        _ => false,
    };
}
