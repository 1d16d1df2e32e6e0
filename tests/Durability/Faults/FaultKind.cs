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
}
