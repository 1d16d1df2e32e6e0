using System.Buffers.Binary;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Starling.Broker.Metrics;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Access;
using Starling.Broker.Tenants.Authentication;
using Starling.Simulation.Store;
using Starling.Simulation.Time;

namespace Starling.Simulation.Nodes;

/// <summary>What all processes of a simulation are made with.</summary>
internal sealed class Common : IDisposable
{
    public Common(Scheduler scheduler, Dice dice, Trace trace, Database database, Authenticator authenticator)
    {
        (Scheduler, Dice, Trace, Database, Authenticator) = (scheduler, dice, trace, database, authenticator);
        TenantMetrics = new TenantMetrics(Metrics);
        Loggers = trace.KeepsLines ? new TracingLoggers(trace) : NullLoggerFactory.Instance;
    }

    public Scheduler Scheduler { get; }

    public Dice Dice { get; }

    public Trace Trace { get; }

    public Database Database { get; }

    /// <summary>Shared by all runs: nobody has a password here, so nothing of it takes time.</summary>
    public Authenticator Authenticator { get; }

    public BrokerMetrics Metrics { get; } = new();

    public TenantMetrics TenantMetrics { get; }

    public ILoggerFactory Loggers { get; }

    /// <summary>Two that know nothing of each other, whose clients use the same names for everything.</summary>
    public static IReadOnlyList<string> Tenants { get; } = ["north", "south"];

    /// <summary>Unique, and the same in each run of a seed.</summary>
    public Guid NewGuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Dice.Next());
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], Dice.Next());
        return new Guid(bytes);
    }

    /// <summary>Every process has objects of its own for the tenants.</summary>
    public TenantDirectory NewDirectory(TimeProvider clock)
    {
        var directory = new TenantDirectory(clock, TenantMetrics);
        directory.Apply(Tenants.Select(name => new TenantOptions
        {
            Name = name,
            Shards = Shards,
            Anonymous = new AnonymousAccess([new AclRule(Allow: true, AclActions.All, AclPattern.Parse("#"))]),
        }));
        return directory;
    }

    /// <summary>Shards of each tenant.</summary>
    public int Shards { get; set; } = 1;

    public void Dispose()
    {
        Metrics.Dispose();
        Loggers.Dispose();
    }
}
