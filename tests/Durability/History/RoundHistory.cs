namespace Starling.Durability.History;

/// <summary>What was sent and received in a round, after everything was drained.</summary>
internal sealed record RoundHistory(IReadOnlyList<SentMessage> Sent, IReadOnlyList<SubscriberHistory> Subscribers);

/// <param name="Receipts">In the order in which they came.</param>
/// <param name="IsComplete">Whether it was there for all of the round, or its session was.</param>
internal sealed record SubscriberHistory(SubscriberPlan Plan, IReadOnlyList<Receipt> Receipts, bool IsComplete = true);
