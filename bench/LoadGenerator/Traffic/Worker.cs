using System.Net.Sockets;
using Starling.LoadGenerator.Net;
using Starling.LoadGenerator.Statistics;
using Starling.LoadGenerator.Wire;

namespace Starling.LoadGenerator.Traffic;

/// <summary>A thread and its clients. The others read its counters and give it signals; everything else happens on the thread.</summary>
internal sealed class Worker : IDisposable
{
    private readonly Func<ClientPlan, Dialer> _dialer;
    private readonly Login _login;
    private readonly IReadOnlyList<ClientPlan> _plans;
    private readonly WorkerOptions _options;
    private readonly Epoll _epoll = new();
    private readonly Thread _thread;
    private readonly List<Client> _clients = [];
    private readonly List<Client> _publishers = [];
    private readonly LatencyHistogram _latency = new();
    private readonly LatencyHistogram _acknowledgeLatency = new();
    private long _delivered;
    private long _acknowledged;
    private int _ready;
    private int _failed;
    private int _refused;
    private string? _failure;
    private volatile bool _publishing;
    private volatile bool _recording;
    private volatile bool _stopped;

    public Worker(int index, Func<ClientPlan, Dialer> dialer, Login login, IReadOnlyList<ClientPlan> plans, WorkerOptions options)
    {
        Index = index;
        _dialer = dialer;
        _login = login;
        _plans = plans;
        _options = options;
        Buffer = GC.AllocateUninitializedArray<byte>(options.BufferLength, pinned: true);
        _thread = new Thread(Run) { IsBackground = true, Name = $"worker {index}" };
    }

    public int Index { get; }

    public int Planned => _plans.Count;

    /// <summary>What the clients read into, one after the other.</summary>
    public byte[] Buffer { get; }

    public long DeliveredCount => Volatile.Read(ref _delivered);

    public long AcknowledgedCount => Volatile.Read(ref _acknowledged);

    public int ReadyCount => Volatile.Read(ref _ready);

    public int FailedCount => Volatile.Read(ref _failed);

    public int RefusedCount => Volatile.Read(ref _refused);

    public string? Failure => Volatile.Read(ref _failure);

    /// <summary>Latencies of the time of recording; to be read when the thread has ended.</summary>
    public LatencyHistogram Latency => _latency;

    /// <summary>Likewise, until messages were acknowledged.</summary>
    public LatencyHistogram AcknowledgeLatency => _acknowledgeLatency;

    public IEnumerable<ClientPlan> Plans => _plans;

    public void Start() => _thread.Start();

    public void Publish(bool on) => _publishing = on;

    public void Record(bool on) => _recording = on;

    public void Stop()
    {
        _stopped = true;
        _thread.Join();
    }

    public void Delivered(in Stamp stamp, long now)
    {
        _delivered++;
        if ((stamp.Sequence & _options.SampleMask) == 0 && _recording)
            _latency.Record(now - stamp.Time);
    }

    public void Acknowledged(long latency)
    {
        if ((_acknowledged++ & _options.SampleMask) == 0 && _recording)
            _acknowledgeLatency.Record(latency);
    }

    public void Ready() => Volatile.Write(ref _ready, _ready + 1);

    public void Refused() => Volatile.Write(ref _refused, _refused + 1);

    public void Failed(string why)
    {
        Volatile.Write(ref _failure, _failure ?? why);
        Volatile.Write(ref _failed, _failed + 1);
    }

    public void Dispose()
    {
        foreach (var client in _clients)
            client.Dispose();
        _epoll.Dispose();
    }

    private void Run()
    {
        while (!_stopped)
        {
            OpenMore();
            var more = _publishing && Pump();
            var mayWait = !more && !_options.Spin && _options.PauseMicroseconds == 0 && _clients.Count == _plans.Count;
            var news = _epoll.Wait(mayWait ? 1 : 0);
            for (var i = 0; i < news; i++)
                _clients[_epoll[i]].Receive();
            if (_options.PauseMicroseconds > 0 && _clients.Count == _plans.Count)
                _ = Native.SleepMicroseconds(_options.PauseMicroseconds);
        }
    }

    private bool Pump()
    {
        var more = false;
        var now = Clock.Now;
        foreach (var publisher in _publishers)
            more |= publisher.Pump(now);
        return more;
    }

    /// <summary>Opens connections while few are waiting for their answers, so that the broker's backlog never overflows.</summary>
    private void OpenMore()
    {
        while (_clients.Count < _plans.Count && _clients.Count - _ready - _failed < _options.Opening)
        {
            var plan = _plans[_clients.Count];
            Socket socket;
            try
            {
                socket = _dialer(plan).Open();
            }
            catch (SocketException e)
            {
                Failed($"connect: {e.Message}");
                _stopped = true;
                return;
            }

            var client = new Client(socket, plan, _login, this);
            _clients.Add(client);
            if (plan.Publisher is not null)
                _publishers.Add(client);
            _epoll.Watch(socket, _clients.Count - 1);
            client.Receive();
        }
    }
}

/// <param name="PauseMicroseconds">Sleep between two polls; 0 waits for news.</param>
/// <param name="Spin">Never sleeps: takes a whole core, and notices everything at once.</param>
/// <param name="Opening">Connections that may wait for CONNACK or SUBACK.</param>
/// <param name="BufferLength">Bytes read at once; longer than the longest frame.</param>
/// <param name="SampleMask">The latency is taken of messages whose sequence number has none of these bits.</param>
internal sealed record WorkerOptions(uint PauseMicroseconds, bool Spin, int Opening, int BufferLength, long SampleMask);
