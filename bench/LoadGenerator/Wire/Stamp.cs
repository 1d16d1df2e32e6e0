using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Starling.LoadGenerator.Wire;

/// <summary>What each payload begins with, in the byte order of the machine: only the generator itself reads it.</summary>
/// <param name="Sequence">Counts the publisher's messages from 0.</param>
/// <param name="Time">When it was written, in nanoseconds of <see cref="Statistics.Clock"/>.</param>
/// <param name="Publisher">The publisher's number.</param>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly record struct Stamp(long Sequence, long Time, int Publisher)
{
    public const int Length = 20;

    public static Stamp Read(ref readonly byte payload) => Unsafe.ReadUnaligned<Stamp>(in payload);

    public void Write(ref byte payload) => Unsafe.WriteUnaligned(ref payload, this);
}
