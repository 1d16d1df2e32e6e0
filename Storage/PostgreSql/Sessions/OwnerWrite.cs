using Starling.Broker.Contracts;
using Starling.Storage.PostgreSql.Writing;

namespace Starling.Storage.PostgreSql.Sessions;

/// <summary>A write of a session's owner, refused when the session has another one.</summary>
internal abstract class OwnerWrite<TResult>(SessionFencingToken session, Stage stage) : Write<TResult>(session.Key, stage)
{
    private SessionLocks? _locks;

    public override long? Epoch => Hold.Epoch;

    protected SessionFencingToken Hold => session;

    public override void AddTo(WriteBatch batch)
    {
        _locks = SessionLocks.Of(batch);
        _locks.Add(session.Id, session.Epoch);
    }

    public override void Committed()
    {
        Refusal = _locks!.Refusal(session);
        base.Committed();
    }
}
