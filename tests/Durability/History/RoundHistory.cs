namespace Starling.Durability.History;

/// <summary>What was sent and received in a round, after everything was drained.</summary>
/// <param name="IsRepeated">Whether nodes of the broker repeat to each other what was not answered: at QoS 1 that brings copies.</param>
internal sealed record RoundHistory(IReadOnlyList<SentMessage> Sent, IReadOnlyList<SubscriberHistory> Subscribers, bool IsRepeated = false);

/// <param name="Receipts">In the order in which they came.</param>
/// <param name="IsComplete">Whether it was there for all of the round, or its session was.</param>
internal sealed record SubscriberHistory(SubscriberPlan Plan, IReadOnlyList<Receipt> Receipts, bool IsComplete = true);
