using Orleans;
using Starling.Broker.Messages;

namespace Starling.Broker.Contracts;

/// <summary>The routes that an edge has at a shard, or what changed in them. The edge counts its changes, per shard.</summary>
/// <param name="Version">After these. The shard passes over what is not newer than what it has.</param>
/// <param name="IsComplete">These are all; otherwise they follow on the version before, and nothing else.</param>
/// <param name="Added">Filters that connections of the edge subscribe to, not shared ones.</param>
/// <param name="Removed">Empty when complete.</param>
/// <param name="Joined">Members of shared subscriptions that end with their connection.</param>
/// <param name="Left">Empty when complete.</param>
[GenerateSerializer, Immutable, Alias("starling.edge-routes")]
public sealed record EdgeRoutes(
    [Id(0)] long Version,
    [Id(1)] bool IsComplete,
    [Id(2)] IReadOnlyList<string> Added,
    [Id(3)] IReadOnlyList<string> Removed,
    [Id(4)] IReadOnlyList<GroupMember> Joined,
    [Id(5)] IReadOnlyList<GroupMember> Left);

[GenerateSerializer, Immutable, Alias("starling.group-member")]
public sealed record GroupMember([Id(0)] SharedGroupKey Group, [Id(1)] SharedMember Member);
