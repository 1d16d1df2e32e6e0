using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Starling.LoadGenerator.Net;

/// <summary>
/// Tells which of its sockets became readable or writable since it told so last (edge-triggered): after a telling, a socket has to be
/// read until it gives less than was asked for. Linux only. For one thread.
/// </summary>
internal sealed unsafe class Epoll : IDisposable
{
    private const int Add = 1;
    private const uint Readable = 0x1;
    private const uint Writable = 0x4;
    private const uint Edge = 1u << 31;
    private const int Most = 512;

    // struct epoll_event is packed on x86-64 only.
    private static readonly int Stride = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int DataOffset = Stride - 8;

    private readonly int _handle;
    private readonly byte[] _events = GC.AllocateArray<byte>(Most * 16, pinned: true);

    public Epoll()
    {
        _handle = Native.EpollCreate(0);
        if (_handle < 0)
            throw new Win32Exception();
    }

    /// <param name="socket">The socket.</param>
    /// <param name="index">What <see cref="this[int]"/> says for it.</param>
    public void Watch(Socket socket, int index)
    {
        var entry = stackalloc byte[16];
        *(uint*)entry = Readable | Writable | Edge;
        *(long*)(entry + DataOffset) = index;
        if (Native.EpollControl(_handle, Add, (int)socket.Handle, entry) < 0)
            throw new Win32Exception();
    }

    /// <returns>How many sockets have news; 0 after <paramref name="milliseconds"/>.</returns>
    public int Wait(int milliseconds)
    {
        fixed (byte* events = _events)
        {
            var count = Native.EpollWait(_handle, events, Most, milliseconds);
            if (count < 0 && Marshal.GetLastPInvokeError() != Native.Interrupted)
                throw new Win32Exception();
            return Math.Max(0, count);
        }
    }

    /// <summary>The index of the socket that the telling at <paramref name="position"/> is about.</summary>
    public int this[int position]
    {
        get
        {
            fixed (byte* events = _events)
                return (int)*(long*)(events + position * Stride + DataOffset);
        }
    }

    public void Dispose() => _ = Native.Close(_handle);
}
