using System.Diagnostics;

namespace Akka.Mqtt.Cli.Tests;

/// <summary>A test that needs a small file system of its own, and is skipped where none can be mounted.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class MountedFactAttribute : FactAttribute
{
    private static readonly Lazy<bool> Allowed = new(TryMount);

    public MountedFactAttribute() => Skip = IsAllowed ? null : "only root of a Linux system may mount a file system.";

    /// <summary>Whether file systems can be mounted.</summary>
    public static bool IsAllowed => Allowed.Value;

    /// <summary>Mounts a file system of 8 MB in memory.</summary>
    /// <param name="directory">Where.</param>
    /// <returns>Whether that worked.</returns>
    public static bool Mount(string directory) => Run("mount", "-t", "tmpfs", "-o", "size=8m", "akka-mqtt-test", directory);

    /// <summary>Runs a program that needs no input.</summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>Whether its exit code is 0.</returns>
    public static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private static bool TryMount()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
            return false;
        using var folder = new TempFolder();
        var directory = Directory.CreateDirectory(folder["mounted"]).FullName;
        return Mount(directory) && Run("umount", directory);
    }
}
