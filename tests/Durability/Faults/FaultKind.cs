namespace Starling.Durability.Faults;

internal enum FaultKind
{
    /// <summary><c>kill -9</c> of the broker, which is started again at once; sometimes it is killed again while it starts.</summary>
    Broker,

    /// <summary><c>pg_ctl restart -m immediate</c>; the broker lives on.</summary>
    Database,

    /// <summary>Both at the same time, in either order.</summary>
    Both,

    /// <summary>The database server stands still for some seconds.</summary>
    Pause,

    /// <summary><c>kill -9</c> of one silo of a cluster, which is started again some time later.</summary>
    Silo,

    /// <summary><c>kill -9</c> of one edge of a cluster, which is started again some time later.</summary>
    Edge,

    /// <summary><c>kill -9</c> of any node of a cluster.</summary>
    Node,

    /// <summary>All nodes of a cluster are stopped and started, one after the other, as in an update.</summary>
    Rolling,
}
