using Starling.Broker.Messages;

namespace Starling.Broker.Contracts;

/// <summary>The routes that an edge has at a shard, or what changed in them. The edge counts its changes, per shard.</summary>
/// <param name="Version">After these. The shard passes over what is not newer than what it has.</param>
/// <param name="IsComplete">These are all; otherwise they follow on the version before, and nothing else.</param>
/// <param name="Added">Filters that connections of the edge subscribe to, not shared ones.</param>
/// <param name="Removed">Empty when complete.</param>
/// <param name="Joined">Members of shared subscriptions that end with their connection.</param>
/// <param name="Left">Empty when complete.</param>
public sealed record EdgeRoutes(
    long Version,
    bool IsComplete,
    IReadOnlyList<string> Added,
    IReadOnlyList<string> Removed,
    IReadOnlyList<GroupMember> Joined,
    IReadOnlyList<GroupMember> Left);

public sealed record GroupMember(SharedGroupKey Group, SharedMember Member);
