using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace Starling.Edge.Transports;

/// <summary>
/// The memory between sockets and connections.
/// </summary>
/// <remarks>
/// A read of a socket fills one block at most, and each block of a write costs the kernel and the runtime something, so blocks are large: with
/// 32 KiB instead of Kestrel's four there are nearly twice as many messages of 1 KiB per second, and three times as many of 64 KiB. But thousands
/// of connections may need one at the same moment, when a message goes to all of them, or hold one for as long as they like, when they don't
/// finish a packet. So no more than 8 MiB are in large blocks, and what is needed beyond them is small. An idle connection holds none.
/// </remarks>
/// <param name="maxLarge">How many large blocks there may be.</param>
internal sealed class SocketBlocks(int maxLarge) : MemoryPool<byte>
{
    public const int LargeSize = 32 * 1024;
    public const int SmallSize = 4 * 1024;

    /// <summary>In all pools of a process.</summary>
    public const int MaxLarge = 256;

    /// <summary>Small ones that are kept for later, 16 MiB.</summary>
    private const int MaxSmallKept = 4096;

    private readonly Lock _gate = new();
    private readonly Stack<Block> _large = new();
    private readonly Stack<Block> _small = new();
    private int _largeMade;

    /// <summary>What any block has.</summary>
    public override int MaxBufferSize => SmallSize;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, SmallSize);
        int size;
        lock (_gate)
        {
            // The one that was used last is still in the processor's cache.
            if (_large.TryPop(out var block))
                return block.Rented();
            if (_largeMade < maxLarge)
            {
                _largeMade++;
                size = LargeSize;
            }
            else if (_small.TryPop(out block))
            {
                return block.Rented();
            }
            else
            {
                size = SmallSize;
            }
        }

        return new Block(this, size).Rented();
    }

    protected override void Dispose(bool disposing)
    {
    }

    private void Return(Block block)
    {
        lock (_gate)
        {
            if (block.Memory.Length == LargeSize)
                _large.Push(block);
            else if (_small.Count < MaxSmallKept)
                _small.Push(block);
        }
    }

    /// <summary>Makes a pool for each of the queues that Kestrel's sockets work on.</summary>
    public sealed class Factory : IMemoryPoolFactory<byte>
    {
        private static readonly int Queues = Math.Min(Environment.ProcessorCount, 16);

        public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new SocketBlocks(MaxLarge / Queues);
    }

    private sealed class Block(SocketBlocks pool, int size) : IMemoryOwner<byte>
    {
        private int _isRented;

        // The kernel reads and writes it: it must not move.
        public Memory<byte> Memory { get; } = GC.AllocateUninitializedArray<byte>(size, pinned: true);

        public Block Rented()
        {
            Volatile.Write(ref _isRented, 1);
            return this;
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isRented, 0) == 1)
                pool.Return(this);
        }
    }
}
