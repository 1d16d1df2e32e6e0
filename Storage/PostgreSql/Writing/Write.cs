using System.Diagnostics;
using Starling.Broker.Contracts;
using Starling.Broker.Telemetry;

namespace Starling.Storage.PostgreSql.Writing;

/// <summary>Where in a transaction a write is carried out.</summary>
internal enum Stage
{
    Take,
    Save,
    Subscriptions,
    Entries,
    Delete,
}

/// <summary>Something to be written, and who waits for it.</summary>
/// <param name="session">The session it is about, whose writes keep their order; null when the order does not matter.</param>
/// <param name="stage">Where in a transaction it belongs.</param>
internal abstract class Write(SessionKey? session, Stage stage)
{
    /// <summary>What any write costs besides what is in it, about, in bytes.</summary>
    public const long Overhead = 256;

    public SessionKey? Session => session;

    /// <summary>The trace that it is a part of, if any.</summary>
    public Activity? Origin { get; } = BrokerTracing.Current;

    public Stage Stage => stage;

    /// <summary>Whose it is.</summary>
    public virtual string Tenant => session!.Value.Tenant;

    /// <summary>What it counts for while it waits, in bytes; always the same number.</summary>
    public virtual long Bytes => Overhead + (session?.ClientId.Length ?? 0);

    /// <summary>The epoch that it names, if it names one.</summary>
    public virtual long? Epoch => null;

    /// <summary>Puts it into the statements of its kind.</summary>
    public abstract void AddTo(WriteBatch batch);

    /// <summary>Tells who waits: it is committed. Results and refusals are known from the statements.</summary>
    public abstract void Committed();

    /// <summary>Tells who waits: it will not be written.</summary>
    public abstract void Fail(Exception error);

    /// <summary>Whether who waits makes several of it when it is rejected.</summary>
    public virtual bool IsDivisible => false;

    /// <summary>Tells who waits: the database refuses what is in it, and always will.</summary>
    public virtual void Reject(string problem, Exception error) => Fail(new StoreUnavailableException(problem, error));
}

/// <inheritdoc/>
internal abstract class Write<TResult>(SessionKey? session, Stage stage) : Write(session, stage)
{
    private readonly TaskCompletionSource<TResult> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<TResult> Done => _done.Task;

    /// <summary>Why the database refused this one, while the rest of its transaction went through.</summary>
    public Exception? Refusal { get; set; }

    protected abstract TResult Result { get; }

    public override void Committed()
    {
        if (Refusal is null)
            _done.TrySetResult(Result);
        else
            _done.TrySetException(Refusal);
    }

    public override void Fail(Exception error) => _done.TrySetException(error);
}
