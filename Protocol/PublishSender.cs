namespace Starling.Protocol;

/// <summary>Who sent a packet; a few rules differ.</summary>
public enum PublishSender
{
    Client,
    Server,
}
