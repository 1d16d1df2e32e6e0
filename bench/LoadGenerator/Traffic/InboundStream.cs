using Starling.LoadGenerator.Statistics;

namespace Starling.LoadGenerator.Traffic;

/// <summary>One publisher's messages as one receiver gets them.</summary>
internal struct InboundStream(Flow flow)
{
    public SequenceCheck Check;

    public readonly Flow Flow => flow;
}
