using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Limits;

/// <summary>What was decided about a connection when it was accepted.</summary>
/// <param name="Permit">Its place among all.</param>
/// <param name="MountPoint">The mount point of its listener, or empty.</param>
internal readonly record struct Admission(ConnectionPermit Permit, string MountPoint)
{
    /// <summary>Why its CONNECT will be refused, or success.</summary>
    public ReasonCode Verdict => Permit.Verdict;
}
