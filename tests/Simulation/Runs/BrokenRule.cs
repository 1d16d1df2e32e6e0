using Orleans.Serialization.Invocation;
using Starling.Broker.Contracts;
using Starling.Cluster.Contracts;
using Starling.Simulation.Store;

namespace Starling.Simulation.Runs;

/// <summary>What can be broken on purpose, to see whether the simulation notices: all of it in what is simulated, none in the broker.</summary>
internal enum BrokenRule
{
    None,

    /// <summary>The database takes writes of sessions and shards whose owner is another by now.</summary>
    StoreIgnoresEpochs,

    /// <summary>The database answers what comes into inboxes before it has written it.</summary>
    AnswersBeforeWriting,

    /// <summary>The database does not know repeats of QoS 2 messages.</summary>
    RepeatsAreNotKnown,

    /// <summary>A shard that begins is told by edges that they have no routes.</summary>
    ShardServesWithoutRoutes,

    /// <summary>A transfer to a shard of which nothing is heard counts as carried out.</summary>
    LostTransfersAreNotRepeated,

    /// <summary>Connections that another one takes over from are not closed.</summary>
    OlderConnectionsStay,

    /// <summary>The wills of sessions that are taken up after a death are lost.</summary>
    WillsOfTheDeadAreDropped,
}

/// <summary>How each rule is broken.</summary>
internal static class BrokenRules
{
    public static StoreFlaws Flaws(this BrokenRule rule) => new()
    {
        IgnoresEpochs = rule == BrokenRule.StoreIgnoresEpochs,
        AnswersTooEarly = rule == BrokenRule.AnswersBeforeWriting,
        ForgetsWhatWasDelivered = rule == BrokenRule.RepeatsAreNotKnown,
        ForgetsWills = rule == BrokenRule.WillsOfTheDeadAreDropped,
    };

    /// <summary>Null when calls go as ever.</summary>
    public static Func<IInvokable, Response?>? Interceptor(this BrokenRule rule) => rule switch
    {
        BrokenRule.ShardServesWithoutRoutes => static call => call.GetMethodName() == nameof(IRemoteEdge.AnnounceAsync)
            ? Response.FromResult(new EdgeRoutes(long.MaxValue, IsComplete: true, [], [], [], []))
            : null,
        BrokenRule.OlderConnectionsStay => static call => call.GetMethodName() == nameof(IRemoteEdge.CloseAsync)
            ? Response.FromResult(true)
            : null,
        _ => null,
    };
}
