using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Limits;

/// <summary>What was decided about a connection when it was accepted.</summary>
/// <param name="Verdict">Why its CONNECT will be refused, or success.</param>
/// <param name="MountPoint">The mount point of its listener, or empty.</param>
internal readonly record struct Admission(ReasonCode Verdict, string MountPoint);
