using System.Diagnostics;

namespace Starling.Broker.Telemetry;

/// <summary>
/// The steps of a message from its publisher to the store, as activities of the source <c>Starling</c>. One activity stands for a batch. A trace
/// begins with <see cref="Publish"/>; everything else is part of one that has begun, or is not recorded. As long as nobody traces, a step
/// costs the look at a field.
/// </summary>
public static class BrokerTracing
{
    public const string SourceName = "Starling";

    /// <summary>An edge has the messages of one read.</summary>
    public const string Publish = "publish";

    /// <summary>What a link carries to a shard in one call, from several connections.</summary>
    public const string Transfer = "transfer";

    /// <summary>A shard finds the receivers, and waits for what must be durable.</summary>
    public const string Route = "route";

    /// <summary>A durable session takes messages into its inbox.</summary>
    public const string Enqueue = "enqueue";

    /// <summary>A transaction of the writer, with the writes of many.</summary>
    public const string Commit = "commit";

    /// <summary>Exporters get no more links than this by default.</summary>
    private const int MaximumLinks = 128;

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>The activity of this flow of calls, if it is traced; to be kept by code that continues the work elsewhere.</summary>
    public static Activity? Current => Source.HasListeners() && Activity.Current is { Recorded: true } current ? current : null;

    /// <summary>Begins a trace.</summary>
    /// <returns>Null when nobody traces; to be disposed of when the step is done.</returns>
    public static Activity? Begin(string step, ActivityKind kind) => Source.HasListeners() ? Source.StartActivity(step, kind) : null;

    /// <summary>Continues the trace of this flow of calls.</summary>
    /// <returns>Null when there is none.</returns>
    public static Activity? Continue(string step) => Current is not null ? Source.StartActivity(step) : null;

    /// <summary>
    /// Continues the traces of those whose work is done in one. It is a part of the first one's trace, and has links to the others'.
    /// </summary>
    /// <param name="step">The name.</param>
    /// <param name="kind">Whether it calls another process.</param>
    /// <param name="items">Those whose work it is.</param>
    /// <param name="origin">What <see cref="Current"/> was for each.</param>
    /// <returns>Null when none of them is traced.</returns>
    public static Activity? Gather<T>(string step, ActivityKind kind, IReadOnlyList<T> items, Func<T, Activity?> origin)
    {
        if (!Source.HasListeners())
            return null;
        Activity? first = null;
        List<ActivityLink>? links = null;
        for (var i = 0; i < items.Count && links is not { Count: MaximumLinks }; i++)
        {
            if (origin(items[i]) is not { } traced || traced.TraceId == first?.TraceId)
                continue;
            if (first is null)
                first = traced;
            else if (links?.Exists(link => link.Context.TraceId == traced.TraceId) != true)
                (links ??= []).Add(new ActivityLink(traced.Context));
        }

        return first is null ? null : Source.StartActivity(step, kind, first.Context, tags: null, links);
    }

    /// <summary>For work that outlives its caller: it does not belong to the caller's trace.</summary>
    public static void Detach()
    {
        if (Source.HasListeners())
            Activity.Current = null;
    }
}
