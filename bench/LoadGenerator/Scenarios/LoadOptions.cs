using System.Net;
using System.Security.Cryptography.X509Certificates;
using Starling.LoadGenerator.Database;
using Starling.LoadGenerator.Net;
using Starling.LoadGenerator.Wire;

namespace Starling.LoadGenerator.Scenarios;

/// <summary>What all scenarios of a run share.</summary>
internal sealed record LoadOptions
{
    public required string Broker { get; init; }

    public required IPEndPoint EndPoint { get; init; }

    public IPEndPoint? TlsEndPoint { get; init; }

    /// <summary>The certificate that the broker has to show over TLS.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>The broker's processes, for CPU time and memory; none when unknown.</summary>
    public IReadOnlyList<int> Pids { get; init; } = [];

    /// <summary>Where receivers connect, if that is another node of the broker.</summary>
    public IPEndPoint? ReceiversEndPoint { get; init; }

    /// <summary>Where the broker tells its metrics for Prometheus; null when it does not.</summary>
    public Uri? Metrics { get; init; }

    /// <summary>The broker's PostgreSQL server; null when it has none.</summary>
    public DatabaseWatch? Database { get; init; }

    public required Login Login { get; init; }

    public int Threads { get; init; } = 1;

    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(2);

    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Deliveries that may be on their way, all together.</summary>
    public int Outstanding { get; init; } = 50_000;

    /// <summary>Connections that may wait for their answers.</summary>
    public int Opening { get; init; } = 64;

    public Dialer Dialer => field ??= new Dialer(EndPoint);

    public Dialer ReceiversDialer => field ??= ReceiversEndPoint is { } other ? new Dialer(other) : Dialer;
}
