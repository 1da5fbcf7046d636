namespace Akka.Mqtt.Server.Core;

/// <summary>
/// Identifies a session. Clients with equal keys have the same session. Listeners with different mount points share no sessions, and with
/// <c>sessions-by-user</c> two users share none either.
/// </summary>
/// <param name="MountPoint">The mount point of the listener; empty for none.</param>
/// <param name="User">The verified user name when sessions are separated by user; else null.</param>
/// <param name="ClientId">The client identifier.</param>
internal readonly record struct SessionKey(string MountPoint, string? User, string ClientId);
