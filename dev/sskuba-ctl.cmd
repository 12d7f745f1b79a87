@echo off
rem The launcher on Windows: finds a Java 25 (JAVA_HOME, then PATH) and becomes it, with the jars beside this file.
setlocal
set "SSKUBA_HOME=%~dp0"
if "%SSKUBA_HOME:~-1%"=="\" set "SSKUBA_HOME=%SSKUBA_HOME:~0,-1%"
set "SSKUBA_JAVA="
if defined JAVA_HOME if exist "%JAVA_HOME%\bin\java.exe" set "SSKUBA_JAVA=%JAVA_HOME%\bin\java.exe"
if not defined SSKUBA_JAVA for %%J in (java.exe) do set "SSKUBA_JAVA=%%~$PATH:J"
if not defined SSKUBA_JAVA goto nojava
for %%D in ("%SSKUBA_JAVA%\..\..") do set "SSKUBA_JDK=%%~fD"
findstr /b /c:"JAVA_VERSION=\"25" "%SSKUBA_JDK%\release" >nul 2>nul || goto nojava
"%SSKUBA_JAVA%" -Xlog:disable -Xlog:all=error:stderr "@%SSKUBA_HOME%\dev\jvm.options" "-Dsskuba.home=%SSKUBA_HOME%" -cp "%SSKUBA_HOME%\dist\@BUILD@\lib\*" io.sskuba.cli.Main %*
exit /b %ERRORLEVEL%

:nojava
>&2 echo error: SSK-LAUNCH-001: no JDK 25 found
>&2 echo   looked    JAVA_HOME, PATH
>&2 echo   do        install one, for example from https://adoptium.net/temurin/releases/?version=25, or set JAVA_HOME to it
exit /b 7
