using System.Collections.Frozen;
using System.Reflection;
using Starling.Broker.Contracts;
using Starling.Cluster.Contracts;

namespace Starling.Grains.Interfaces.Calls;

/// <summary>Tells calls of the broker from those of Orleans itself, which go through the same filters.</summary>
public static class OwnCalls
{
    /// <summary>The contracts that go between processes.</summary>
    public static FrozenSet<Type> Interfaces { get; } = FrozenSet.ToFrozenSet(
        [typeof(ISession), typeof(IRemoteShard), typeof(IRemoteEdge), typeof(IEdgeDirectory), typeof(ITenantShares), typeof(ISessionSweepGrain)]);

    public static bool Contains(MethodInfo? method) => method?.DeclaringType is { } type && Interfaces.Contains(type);
}
